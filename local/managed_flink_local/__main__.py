"""``python -m managed_flink_local``."""

import sys

from .cli import main

sys.exit(main())
