"""What runs inside the emulator's own process and virtual environment.

`python -m managed_flink_local.emulator --config FILE` starts ministack with what it lacks for a
Flink pipeline: a real data plane, operations, metrics, logs, enforced roles, and a CloudFormation
that refuses what the service refuses. Imports no aws_cdk.
"""
