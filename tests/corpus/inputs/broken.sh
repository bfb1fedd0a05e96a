#!/bin/sh
if [ -n "$1" ]; then
  for f in "$@"; do
    echo "$(basename "$f")
  done
else
  echo none
