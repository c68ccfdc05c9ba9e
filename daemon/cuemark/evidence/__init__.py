"""Evidence: what is known of one media on its time axis before anything is decided."""
