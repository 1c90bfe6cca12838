import type { RateLimiter } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";

/** Java's TimeUnit, in milliseconds. */
const units: ReadonlyMap<string, number> = new Map([
	["NANOSECONDS", 1e-6],
	["MICROSECONDS", 1e-3],
	["MILLISECONDS", 1],
	["SECONDS", 1_000],
	["MINUTES", 60_000],
	["HOURS", 3_600_000],
	["DAYS", 86_400_000],
]);

/** Buckets that are kept at most; the one that was not used for the longest time leaves first, and is full again. */
const maxBuckets = 10_000;

interface Bucket {
	/** A new limit begins with a full bucket. */
	readonly limit: string;
	tokens: number;
	/** When it held so many, milliseconds. */
	at: number;
}

interface Rate {
	readonly limit: string;
	readonly perMs: number;
	readonly burst: number;
}

/** A limit that a request has to keep, and whose it is. */
export interface Limited {
	key: string;
	limiter: RateLimiter;
}

/** A limit that was reached, and when a request will be let through again. */
export interface Refusal {
	key: string;
	afterMs: number;
}

/**
 * Token buckets: each holds `limit` requests, one at least, and is filled again at `limit` requests in each unit.
 * A limit holds for the cluster, and each sidecar has its share of it.
 */
export class RateLimits {
	readonly #buckets = new Map<string, Bucket>();

	/**
	 * Takes a token out of each bucket, or none at all.
	 *
	 * @param now milliseconds on a clock that never goes back
	 * @param shares sidecars that the limits are shared among
	 * @returns the first limit that is reached
	 */
	take(
		limits: readonly Limited[],
		now: number,
		shares: number,
	): Refusal | undefined {
		const taken: Bucket[] = [];
		for (const { key, limiter } of limits) {
			const rate = rateOf(limiter, shares);
			if (!rate) continue;
			const bucket = this.#bucket(key, rate, now);
			if (bucket.tokens < 1)
				return { key, afterMs: (1 - bucket.tokens) / rate.perMs };
			taken.push(bucket);
		}
		for (const bucket of taken) bucket.tokens--;
		return undefined;
	}

	#bucket(key: string, { limit, perMs, burst }: Rate, now: number): Bucket {
		const found = this.#buckets.get(key);
		this.#buckets.delete(key);
		const bucket =
			found?.limit === limit
				? {
						limit,
						tokens: Math.min(burst, found.tokens + (now - found.at) * perMs),
						at: now,
					}
				: { limit, tokens: burst, at: now };
		this.#buckets.set(key, bucket);
		const [oldest] = this.#buckets.keys();
		if (this.#buckets.size > maxBuckets && oldest !== undefined)
			this.#buckets.delete(oldest);
		return bucket;
	}
}

/** Undefined for a limiter that lacks one half: it has no effect. */
function rateOf(
	{ limit, unit }: RateLimiter,
	shares: number,
): Rate | undefined {
	const unitMs = units.get(unit ?? "");
	if (limit === undefined || unitMs === undefined) return undefined;
	const share = Number(limit) / shares;
	return {
		limit: `${limit} ${unit}`,
		perMs: share / unitMs,
		burst: Math.max(share, 1),
	};
}

/** A limiter as a client writes it. @throws SidecarError in ml-commons' words */
export function readRateLimiter(value: unknown): RateLimiter {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new SidecarError("bad_query", "a rate limiter must be an object");
	const limit: unknown = "limit" in value ? value.limit : undefined;
	const unit: unknown = "unit" in value ? value.unit : undefined;
	return {
		...(limit !== undefined && { limit: readLimit(limit) }),
		...(unit !== undefined && { unit: readUnit(unit) }),
	};
}

function readLimit(value: unknown): string {
	const text = typeof value === "number" ? String(value) : value;
	const number = typeof text === "string" && text.trim() ? Number(text) : 0;
	if (typeof text === "string" && number > 0 && Number.isFinite(number))
		return text;
	throw new SidecarError(
		"bad_definition",
		"Limit field must be a positive number.",
	);
}

function readUnit(value: unknown): string {
	if (typeof value === "string" && units.has(value)) return value;
	throw new SidecarError(
		"bad_request",
		`No enum constant java.util.concurrent.TimeUnit.${value}`,
	);
}
