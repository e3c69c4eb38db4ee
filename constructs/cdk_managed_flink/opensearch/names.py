"""Names that have to be literals, as ``application/naming.py`` has them for applications.

A domain's access policy and its log's policy name the domain, and a collection's policies name the
collection before it exists, so names that CloudFormation generates would be cycles.
"""

from aws_cdk import Names
from constructs import Construct


def derived_name(scope: Construct, *, longest: int) -> str:
    """A name from the stack's name and the path: lower-case letters, digits and ``-``.

    A longer one is cut and then ends with a hash of the whole path.
    """
    name = Names.unique_resource_name(
        scope, max_length=longest, separator="-", allowed_special_characters="-"
    ).lower()
    return name if len(name) >= 3 else f"{name}-flink"
