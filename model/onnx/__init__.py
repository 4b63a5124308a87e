"""Worlds computed by ONNX Runtime: exported where torch is, played where it is not.

`export` alone imports torch. A graph says what is computed; the weights stay in the world's own files.
"""

import os

# Since 1.29 ONNX Runtime tells Microsoft about each session unless this is set before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
