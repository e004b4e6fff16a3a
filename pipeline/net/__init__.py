"""The one door to the network; `client.py` draws what is behind it."""

from pipeline.net.client import Client, fetch_once
from pipeline.net.response import Exchange, Headers, Recorder, Response, Validators

__all__ = ["Client", "Exchange", "Headers", "Recorder", "Response", "Validators", "fetch_once"]
