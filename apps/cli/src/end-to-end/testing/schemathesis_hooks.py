"""What schemathesis cannot write by itself: bodies of multipart/related. They have no boundary, and are refused for that."""

import schemathesis


@schemathesis.serializer("multipart/related")
def related(ctx, value):
    return value if isinstance(value, bytes) else repr(value).encode()
