"""The API of the embedded platform: REST, auth, edge functions and the gateway before them."""
