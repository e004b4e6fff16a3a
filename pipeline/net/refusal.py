"""The reason why a request is not made or an answer not taken, before it is known which request it was."""


class Refusal(Exception):
    """`reason` is a word of FetchError's list, `sentence` says what was wrong; the client adds the URL."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason, self.sentence = reason, sentence
