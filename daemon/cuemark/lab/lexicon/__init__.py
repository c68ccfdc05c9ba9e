"""The lexicon's maker: words for what can be seen, chosen from WordNet and a spelling list."""
