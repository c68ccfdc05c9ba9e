"""Cuemark: finds the moments that matter in footage and says what they are."""

import os

__version__ = "0.1.0"

# torch's threads wait for one another by spinning.  Beside an editor that uses the same cores they then spend nearly
# all of their time on that; asleep they cost a little on an idle machine.  Read when torch is loaded, so set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
