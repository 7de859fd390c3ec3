select private.refresh_kpis(%(full)s) as answer;
