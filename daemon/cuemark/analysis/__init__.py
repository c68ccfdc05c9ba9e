"""The path of one analysis, and the models it runs with."""
