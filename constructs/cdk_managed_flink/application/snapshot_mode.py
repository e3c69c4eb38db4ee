"""SnapshotMode: whose the snapshots are, the application's or the account's."""

from enum import StrEnum


class SnapshotMode(StrEnum):
    """In which of its two forms the service keeps snapshots.

    Attributes:
        APPLICATION_SNAPSHOTS_LEGACY: A snapshot belongs to its application, starts no other one,
            and is deleted with it. The service's own default, and what CloudFormation knows.
        ENHANCED_SNAPSHOTS: A snapshot belongs to the account, outlives its application, and starts
            any other application in this mode by its ARN. From runtime 1.20 on, and **one way**:
            no update leads back, only the service's own rollback before any further update.

            Not seen: that CloudFormation takes it. Its schema, as cfn-lint 1.58 and aws-cdk-lib
            2.275 have it, lacks the property, so it is set by an override, and synth's finding
            about it is acknowledged; try it on an application whose state may be lost.
            Who moves a *running* application needs ``kinesisanalytics:CreateSystemSnapshot`` on
            it: the role that CloudFormation deploys with. The service looks at the runtime that
            the application has, so a move from 1.19 takes two deploys.
    """

    APPLICATION_SNAPSHOTS_LEGACY = "APPLICATION_SNAPSHOTS_LEGACY"
    ENHANCED_SNAPSHOTS = "ENHANCED_SNAPSHOTS"
