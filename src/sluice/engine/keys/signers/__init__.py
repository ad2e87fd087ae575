"""Where a private key can live: a sealed file, AWS or Google's key service, a PKCS#11 token."""
