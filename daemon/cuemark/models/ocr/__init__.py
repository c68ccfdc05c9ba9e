"""Reading text in pictures: where lines stand, and what they say."""
