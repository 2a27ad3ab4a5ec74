"""What scenarios start and ask: Tern itself, DNS servers, peers, clients."""
