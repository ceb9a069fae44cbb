# Runs at every start, before the service.
. /firn/base
