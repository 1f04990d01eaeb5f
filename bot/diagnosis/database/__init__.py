"""Why a database refuses a workload: which line says so, which settings make the login, who gives them."""
