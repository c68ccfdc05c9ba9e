"""What captions and titles need to know of a language, one module a language with the same names in each."""
