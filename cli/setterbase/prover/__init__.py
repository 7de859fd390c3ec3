"""The isolation prover: attacks whatever an API role can reach and reports what crossed."""
