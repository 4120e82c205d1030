#!/bin/sh
# Writes the secrets that docker-compose.yml hands to its containers, those that are missing, into the folder `secrets`.
# The folder is closed to other users of this machine; its files are open, because users of the containers read them.
# The file of API keys is made without a key, which lets nobody in: `mediclip keys create` adds keys (docs/operations.md).
set -eu
cd "$(dirname "$0")/.."
umask 022
mkdir -p secrets
chmod 700 secrets

random() {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

if [ ! -e secrets/redis_password ]; then
  random > secrets/redis_password
fi
if [ ! -e secrets/s3_credentials ]; then
  printf '[default]\naws_access_key_id = mediclip\naws_secret_access_key = %s\n' "$(random)" > secrets/s3_credentials
fi
if [ ! -e secrets/api_keys.json ]; then
  printf '{ "schemaVersion": 1, "keys": [] }\n' > secrets/api_keys.json
fi
