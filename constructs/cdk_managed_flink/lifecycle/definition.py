"""What the application is, for the custom resources that stop and start it."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import jsii
from aws_cdk import IAnyProducer, IResolvable, IResolveContext, Lazy

from cdk_managed_flink.application.answers import log_group_name, log_stream_name
from cdk_managed_flink.application.application import FlinkApplication
from cdk_managed_flink.application.references import Secrets, names_in, references_in
from cdk_managed_flink.application.tracked import Rendered
from cdk_managed_flink.handlers.managed_flink_lifecycle.contract import ChangeKey, Definition


class ApplicationDefinition:
    """The application as it is at synth, rendered once.

    CDK resolves everything twice: to find what lies in other stacks, and for the template. The
    application itself shows CDK all references, so the first time nothing has to be rendered.

    Args:
        application: The application; its logging option belongs to it.
    """

    def __init__(self, application: FlinkApplication) -> None:
        self._application = application
        self._secrets = Secrets(application)
        self._rendered: Rendered | None = None

    def change_key(self) -> IResolvable:
        """A property for custom resources that changes exactly when the application changes.

        ``Digest`` covers the template's text. ``Inputs`` holds the references in it, whose values
        may change while the text stays, and makes a deploy update the referenced resources first.
        Parameters with NoEcho are left out: CDK's provider framework logs the properties of custom
        resources.
        """
        return Lazy.uncached_any(_Part(self, self._key))

    def job(self) -> IResolvable:
        """The role, code, runtime and property groups of the template, for an imported application.

        CloudFormation imports an application unchanged, so one that comes back after a destroy
        still has its old role, code and property groups when it is started. Groups that refer to a
        parameter with NoEcho are left out and stay as they were.
        """
        return Lazy.uncached_any(_Part(self, self._job))

    def effective(self) -> dict[str, Any]:
        """The properties as the template will have them."""
        self.forget()
        return self._render().effective()

    def forget(self) -> None:
        """Render anew the next time."""
        self._rendered = None

    def _key(self) -> dict[str, Any]:
        rendered = self._render()
        whole = {**rendered.change(), "also": rendered.others[0]}
        text = json.dumps(whole, sort_keys=True)
        references = {json.dumps(found, sort_keys=True): found for found in references_in(whole)}
        secrets = self._secrets.within(list(references.values()))
        return ChangeKey(
            digest=hashlib.sha256(text.encode()).hexdigest(),
            inputs=[
                reference
                for _, reference in sorted(references.items())
                if not names_in(reference) & secrets
            ],
        ).to_dict()

    def _job(self) -> dict[str, Any]:
        properties = self._render().effective()
        configuration: Any = properties.get("ApplicationConfiguration", {})
        groups = configuration.get("EnvironmentProperties", {}).get("PropertyGroups", [])
        location = configuration
        for name in (
            "ApplicationCodeConfiguration",
            "CodeContent",
            "S3ContentLocation",
        ):
            location = location.get(name, {})
        return Definition(
            role=properties["ServiceExecutionRole"],
            bucket_arn=location.get("BucketARN", ""),
            file_key=location.get("FileKey", ""),
            object_version=location.get("ObjectVersion", ""),
            runtime=properties["RuntimeEnvironment"],
            # The provider framework logs the properties of custom resources.
            property_groups=None if self._secrets.within(groups) else groups,
        ).to_dict()

    def _render(self) -> Rendered:
        if self._rendered is None:
            # A protected name of the L1, pinned by the same test as the application's.
            option = self._application.logging_option._cfn_properties["cloudWatchLoggingOption"]
            self._rendered = self._application.resource.rendered(option, self._resources())
            self._secrets.none_of(names_in(self._rendered.others[1]))
        return self._rendered

    def _resources(self) -> list[str]:
        """References of which it is known that they are to no parameter."""
        application = self._application
        return [
            *(ref for _, ref in application.stores.values()),
            log_group_name(application.log_group),
            log_stream_name(application.log_stream),
        ]


@jsii.implements(IAnyProducer)
class _Part:
    def __init__(
        self, definition: ApplicationDefinition, part: Callable[[], dict[str, Any]]
    ) -> None:
        self._definition = definition
        self._part = part

    def produce(self, context: IResolveContext) -> dict[str, Any]:
        # As context.preparing, which would look for the property first and read it then.
        if jsii.get(context, "preparing"):
            self._definition.forget()
            return {}
        return self._part()
