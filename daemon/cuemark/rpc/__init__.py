"""gRPC: the only package that imports grpc.  Server, client, and the generated contract in v1/."""
