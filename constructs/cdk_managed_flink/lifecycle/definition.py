"""Role, code and runtime of the application, for Prove: an imported one has those of before."""

from typing import Any

import jsii
from aws_cdk import IAnyProducer, IResolvable, IResolveContext, Lazy

from cdk_managed_flink.application.tracked import TrackedApplication


def definition(application: TrackedApplication) -> IResolvable:
    """A property for the custom resource, as the application stands at synth.

    CloudFormation's import takes an application as it is, so one that comes back after a destroy
    still has its old role and code when it is to be started.
    """
    return Lazy.uncached_any(_Definition(application))


@jsii.implements(IAnyProducer)
class _Definition:
    def __init__(self, application: TrackedApplication) -> None:
        self._application = application

    def produce(self, _context: IResolveContext) -> Any:  # noqa: ANN401
        properties = self._application.effective()
        location: Any = properties
        for name in (
            "ApplicationConfiguration",
            "ApplicationCodeConfiguration",
            "CodeContent",
            "S3ContentLocation",
        ):
            location = location.get(name, {})
        return {
            "Role": properties["ServiceExecutionRole"],
            "BucketArn": location.get("BucketARN", ""),
            "FileKey": location.get("FileKey", ""),
            "ObjectVersion": location.get("ObjectVersion", ""),
            "Runtime": properties["RuntimeEnvironment"],
        }
