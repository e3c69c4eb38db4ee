"""The deploy lifecycle of one Flink application, as two CloudFormation custom resources.

Prepare stops the application before CloudFormation updates it and names the snapshot of that
stop. Prove starts the new version from it and completes only when the version is seen to work.
The folder above is the Lambda's code: boto3 and the standard library are all it needs.
"""
