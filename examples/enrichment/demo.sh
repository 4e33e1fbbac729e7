#!/bin/sh
# Runs the enrichment pipeline on its data and shows what comes out. TIDEMILL is the binary.
set -eu
cd "$(dirname "$0")"
tidemill="${TIDEMILL:-tidemill}"
data="$(mktemp -d)"
trap 'rm -rf "$data"' EXIT

"$tidemill" produce customers data/customers.jsonl --data-dir "$data" --create 2 --key-field id --timestamp-field since
"$tidemill" produce products data/products.jsonl --data-dir "$data" --create 2 --key-field id --timestamp-field listed
"$tidemill" produce orders data/orders.jsonl --data-dir "$data" --create 2
"$tidemill" produce payments data/payments.jsonl --data-dir "$data" --create 2
"$tidemill" run enrichment.sql --data-dir "$data" --exit-when-idle

echo
echo "The enriched stream, its first ten rows:"
"$tidemill" --data-dir "$data" \
  -e "SET 'auto.offset.reset' = 'earliest'; SELECT order_id, customer, region, product, quantity, amount FROM enriched_orders EMIT CHANGES LIMIT 10;"

echo
echo "Totals per region and five minutes:"
"$tidemill" --data-dir "$data" \
  -e "SELECT region, FORMAT_TIMESTAMP(FROM_UNIXTIME(windowstart), 'HH:mm') AS since, orders, items, revenue FROM region_totals;"

echo
echo "Visits of more than two orders:"
"$tidemill" --data-dir "$data" \
  -e "SELECT customer, FORMAT_TIMESTAMP(FROM_UNIXTIME(windowstart), 'HH:mm:ss') AS since, orders, revenue FROM visits WHERE orders > 2;"

echo
echo "Orders that were not paid within two minutes, the first five:"
"$tidemill" --data-dir "$data" \
  -e "SET 'auto.offset.reset' = 'earliest'; SELECT order_id, customer, amount FROM checked_orders WHERE method IS NULL EMIT CHANGES LIMIT 5;"
