"""BootstrapBrokers: where clients of an MSK cluster connect, for one way to authenticate.

Each way has listeners of its own, so the brokers of another one would refuse the client.
"""

import boto3

from .request import Begun, Done, Request, ResourceError

_ANSWERS = {
    "IAM": "BootstrapBrokerStringSaslIam",
    "SCRAM": "BootstrapBrokerStringSaslScram",
    "MTLS": "BootstrapBrokerStringTls",
    "TLS": "BootstrapBrokerStringTls",
    "PLAINTEXT": "BootstrapBrokerString",
}


def begin(request: Request) -> Begun:
    """Nothing is made, so the id only distinguishes one lookup from another."""
    return Begun(f"{request.properties['ClusterArn']}/{request.properties['Authentication']}")


def poll(request: Request) -> Done:
    """Look the brokers up.

    Raises:
        ResourceError: The cluster has none for this way to authenticate.
    """
    if request.type == "Delete":
        return Done()
    cluster, wanted = request.properties["ClusterArn"], request.properties["Authentication"]
    found = boto3.client("kafka").get_bootstrap_brokers(ClusterArn=cluster)
    brokers = found.get(_ANSWERS[wanted])
    if not brokers:
        has = [mode for mode, answer in _ANSWERS.items() if found.get(answer)]
        raise ResourceError(
            f"The cluster {cluster} has no brokers for {wanted}; it has some for "
            f"{', '.join(has) or 'nothing yet'}. Switch {wanted} on in the cluster's security "
            "settings, or use an authentication that it has."
        )
    # The service lists them in any order, and another one would change the application.
    return Done({"Brokers": ",".join(sorted(brokers.split(",")))})
