"""Fixtures for all tests."""

from tests.servers.fixtures import elastic_prefix, elasticsearch_url, secure_elasticsearch

__all__ = ["elastic_prefix", "elasticsearch_url", "secure_elasticsearch"]
