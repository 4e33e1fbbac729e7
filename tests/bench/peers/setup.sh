#!/bin/sh
# Fetches Apache Flink (PyPI) and Apache Kafka with Kafka Streams (Maven Central) into a cache, once, and compiles Streams.java.
# What cannot be had is named and left out; exit status 0 all the same, so that the others are measured.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${1:-$HOME/.cache/tidemill/peers}
mkdir -p "$cache/kafka"

has() { command -v "$1" >/dev/null 2>&1; }
missing() { echo "peers: $1 is left out: $2" >&2; }

if ! has java || ! has javac; then
  missing "Apache Flink" "there is no JDK (apt-get install openjdk-17-jdk-headless)"
  missing "Kafka Streams" "there is no JDK"
  exit 0
fi

if [ ! -e "$cache/flink/ready" ]; then
  if has python3 && python3 -m venv "$cache/flink" && "$cache/flink/bin/pip" install -q "apache-flink==2.3.0"; then
    touch "$cache/flink/ready"
  else
    missing "Apache Flink" "apache-flink 2.3.0 could not be installed from PyPI"
  fi
fi

if [ ! -e "$cache/kafka/libs/ready" ]; then
  if ! has mvn; then
    missing "Kafka Streams" "there is no Maven (apt-get install maven)"
  elif mvn -q -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache/kafka/libs" -DincludeScope=runtime; then
    touch "$cache/kafka/libs/ready"
  else
    missing "Kafka Streams" "Apache Kafka could not be fetched from Maven Central"
  fi
fi

classes=$cache/kafka/classes
if [ -e "$cache/kafka/libs/ready" ] && { [ ! -e "$classes/Streams.class" ] || [ "$here/Streams.java" -nt "$classes/Streams.class" ]; }; then
  javac -nowarn -d "$classes" -cp "$cache/kafka/libs/*" "$here/Streams.java" ||
    missing "Kafka Streams" "Streams.java does not compile"
fi
exit 0
