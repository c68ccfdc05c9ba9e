"""How fast the product is beside its rivals, measured on this machine in turn (`cuemark bench`)."""
