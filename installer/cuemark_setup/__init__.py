"""Set-up of Cuemark in a private environment.  Standard library only."""
