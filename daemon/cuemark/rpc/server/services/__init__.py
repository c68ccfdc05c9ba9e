"""The services of the contract, one file each; thin: they check, ask the core, and convert."""
