"""Fixtures for all tests."""

from tests.servers.fixtures import elasticsearch_url

__all__ = ["elasticsearch_url"]
