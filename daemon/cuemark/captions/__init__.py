"""Captioning: guided beam search, prefix tuning, scoring texts against frames."""
