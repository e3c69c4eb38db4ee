"""Ports for servers that are told theirs before they listen."""

from __future__ import annotations

import socket

from managed_flink_local.ports import _first_ephemeral, free_ports


def test_ports_are_free_all_different_and_never_an_outgoing_connections() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(1024 < port < _first_ephemeral() for port in ports)
    for port in ports:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", port))


def test_a_port_that_is_taken_is_passed_over() -> None:
    (port,) = free_ports(1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        assert port not in free_ports(200)
