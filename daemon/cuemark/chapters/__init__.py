"""Moments to chapters: a gapless partition of the media, with titles checked against the evidence."""
