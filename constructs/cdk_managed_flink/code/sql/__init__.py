"""SQL jobs: what a script reads and writes, checked at synth."""
