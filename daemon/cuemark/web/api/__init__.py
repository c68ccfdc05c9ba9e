"""What the page asks for, by HTTP: one file for each kind of thing, a handler for each question."""
