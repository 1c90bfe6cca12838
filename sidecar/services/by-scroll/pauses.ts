/**
 * Waits between tries of what OpenSearch turns away because it has too much to do, milliseconds: those of its own reindex,
 * about a minute in all.
 */
export const pauses: readonly number[] = Array.from(
	{ length: 11 },
	(_, attempt) => 500 + 10 * Math.trunc(Math.exp(0.8 * attempt) - 1),
);
