"""The index: what is known of each media of the library, kept until the user takes it out."""
