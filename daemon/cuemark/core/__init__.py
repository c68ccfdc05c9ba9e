"""What everything else is made of: the domain's values, exact time, errors, serialising, settings."""
