/** What a model would use, counted in threads. */
export interface Demand {
	/** Of one run. */
	threads: number;
	/** Of all the runs that it could make of what waits in each lane. */
	search: number;
	ingest: number;
	/** That it could use for one run, if nobody else wants them. */
	most: number;
	/** Whether it has just been searched, and probably will be again. */
	isSearched: boolean;
}

export interface ShareOptions {
	processors: number;
	/** In this turn the ingest lanes go first. */
	ingestFirst: boolean;
}

/**
 * How many threads of each model may run, so that all together never take more than the processors: first come the
 * searches, a run for each model in the order given and then another one, then ingest in the same way. A run's threads
 * are kept for a model that has nothing to do and is being searched, where there are processors for that. What is left goes
 * to models at work that can use it for a run that is quicker.
 *
 * @param demands those that come first, first
 */
export function sharesOf(
	demands: readonly Demand[],
	{ processors, ingestFirst }: ShareOptions,
): number[] {
	const shares = demands.map(() => 0);
	let free = processors;
	const deal = (wanted: (demand: Demand) => number, kept: number): void => {
		for (let dealt = true; dealt; ) {
			dealt = false;
			for (const [index, demand] of demands.entries()) {
				const { threads } = demand;
				const share = shares[index] ?? 0;
				if (share + threads > wanted(demand) || threads > free - kept) continue;
				shares[index] = share + threads;
				free -= threads;
				dealt = true;
			}
		}
	};
	const all = ({ search, ingest }: Demand) => search + ingest;
	if (ingestFirst) deal(({ ingest, threads }) => Math.min(ingest, threads), 0);
	deal(({ search }) => search, 0);
	const resting = demands.findIndex(
		({ isSearched, search, ingest }) => isSearched && search + ingest === 0,
	);
	const kept = demands[resting]?.threads ?? 0;
	deal(all, 2 * kept <= processors ? kept : 0);
	if (kept > 0 && kept <= free) {
		shares[resting] = kept;
		free -= kept;
	}
	for (const [index, demand] of demands.entries()) {
		const share = shares[index] ?? 0;
		const more = Math.min(free, demand.most - share);
		if (share === 0 || more <= 0) continue;
		shares[index] = share + more;
		free -= more;
	}
	return shares;
}
