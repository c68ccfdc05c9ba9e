"""Cuemark: finds the moments that matter in footage and says what they are."""

import os

__version__ = "0.1.0"

# torch's threads wait for one another by spinning.  Beside an editor that uses the same cores they then spend nearly
# all of their time on that; asleep they cost a little on an idle machine.  Read when torch is loaded, so set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# From 1.29 on ONNX Runtime reports the machine and its models to its maker unless told not to, and keeps a device id in
# the user's home.  Nothing leaves this machine.  Read when its library is loaded, so set before, for every process.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
