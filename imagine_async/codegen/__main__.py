"""`python -m imagine_async.codegen [--check]`."""

from __future__ import annotations

import sys

from imagine_async.codegen.generator import main

if __name__ == "__main__":
    sys.exit(main())
