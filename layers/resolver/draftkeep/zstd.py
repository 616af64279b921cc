"""zstd, as Python 3.14 brings it, or as its backport does for the versions before."""

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import CompressionParameter, ZstdDict, ZstdError, compress, decompress
else:
    from backports.zstd import CompressionParameter, ZstdDict, ZstdError, compress, decompress

__all__ = ["CompressionParameter", "ZstdDict", "ZstdError", "compress", "decompress"]
