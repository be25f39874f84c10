#!/bin/sh
# link.sh FOLDER TARGET - libpcap's names for the library in the build tree.
set -e
ln -sf "$2" "$1/libpcap.so.0.8"
ln -sf "$2" "$1/libpcap.so.1"
