"""What the job of the template is, for Prove: an imported application is that of before."""

from typing import Any

import jsii
from aws_cdk import IAnyProducer, IResolvable, IResolveContext, Lazy

from cdk_managed_flink.application.tracked import Secrets, TrackedApplication


def definition(application: TrackedApplication) -> IResolvable:
    """A property for the custom resource, as the application stands at synth.

    CloudFormation's import takes an application as it is, so one that comes back after a destroy
    still has its old role, code and property groups when it is to be started. Groups that refer to
    a parameter with NoEcho are left out, and then stay as they were.
    """
    return Lazy.uncached_any(_Definition(application))


@jsii.implements(IAnyProducer)
class _Definition:
    def __init__(self, application: TrackedApplication) -> None:
        self._application = application
        self._secrets = Secrets(application)

    def produce(self, _context: IResolveContext) -> Any:  # noqa: ANN401
        properties = self._application.effective()
        configuration: Any = properties.get("ApplicationConfiguration", {})
        groups = configuration.get("EnvironmentProperties", {}).get("PropertyGroups", [])
        location = configuration
        for name in (
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
            # The provider framework logs the properties of custom resources.
            **({} if self._secrets.within(groups) else {"PropertyGroups": groups}),
        }
