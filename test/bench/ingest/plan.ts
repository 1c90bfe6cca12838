/** How much is written. Documents are a round's, unless something else is said. */
export interface IngestPlan {
	/** How often the sides take turns. */
	rounds: number;
	/** The same for what takes long. */
	fewRounds: number;
	/** Documents of a load that finds out ml-commons' best batch size, and of one that does not count. */
	trial: Record<Workload, number>;
	/** Documents against ml-commons. */
	written: Record<Workload, number>;
	/** Documents against the raw limit. */
	shared: Record<Workload, number>;
	/** A round of bulks without embedding, milliseconds. */
	plainMs: number;
	/** What the machine is given to come to rest before a load, milliseconds. */
	restMs: number;
}

/** What is written: short texts, and texts of 50 to 250 words. */
export type Workload = "glosses" | "paragraphs";

export const workloads: readonly Workload[] = ["glosses", "paragraphs"];

/** Documents of a bulk, and clients that send bulks, each the next one as soon as the last one is answered. */
export const bulkDocuments = 64;
export const bulkClients = 2;

export const wholeIngestPlan: IngestPlan = {
	rounds: 4,
	fewRounds: 3,
	trial: { glosses: 512, paragraphs: 128 },
	written: { glosses: 2_048, paragraphs: 512 },
	shared: { glosses: 1_024, paragraphs: 256 },
	plainMs: 2_000,
	restMs: 3_000,
};

export const quickIngestPlan: IngestPlan = {
	rounds: 1,
	fewRounds: 1,
	trial: { glosses: 128, paragraphs: 64 },
	written: { glosses: 512, paragraphs: 128 },
	shared: { glosses: 256, paragraphs: 64 },
	plainMs: 1_000,
	restMs: 300,
};
