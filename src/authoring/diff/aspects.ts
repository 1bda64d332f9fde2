/** What can change between two cells. Each is the other's mirror: what one is from old to new, the other is from new to old. */
export const aspects = {
  gain: { mirror: "loss", title: "gains", says: "can be used where it could not be, at more times, or the sample call is let through now" },
  loss: { mirror: "gain", title: "losses", says: "can no longer be used, at fewer times only, or the sample call is refused now" },
  "approval-removed": { mirror: "approval-added", title: "approvals removed", says: "needs no approval any more, or a weaker one" },
  "approval-added": { mirror: "approval-removed", title: "approvals added", says: "needs an approval now, or a stronger one" },
  "budget-lifted": { mirror: "budget-imposed", title: "budgets lifted", says: "spends from a budget no more, or less" },
  "budget-imposed": { mirror: "budget-lifted", title: "budgets imposed", says: "spends from a budget now, or more" },
  "limit-raised": { mirror: "limit-lowered", title: "limits raised", says: "a longer time-out, a larger result, or a record less" },
  "limit-lowered": { mirror: "limit-raised", title: "limits lowered", says: "a shorter time-out, a smaller result, or a record more" },
  "fewer-conditions": { mirror: "more-conditions", title: "fewer conditions", says: "rules no longer look at what they looked at" },
  "more-conditions": { mirror: "fewer-conditions", title: "more conditions", says: "rules look at more" },
  "may-open": {
    mirror: "may-close",
    title: "may open",
    says: "not open for the callers that were tried, but rules look at something of the caller now that was not tried",
  },
  "may-close": { mirror: "may-open", title: "may close", says: "rules no longer look at something of the caller that was not tried" },
  known: { mirror: "hidden", title: "known", says: "still cannot be used, but its name can be found out now" },
  hidden: { mirror: "known", title: "hidden", says: "could not be used before either, and looks as if it did not exist now" },
  otherwise: { mirror: "otherwise", title: "decided otherwise", says: "same access, from other rules or roles or with other words" },
} as const satisfies Readonly<Record<string, { readonly mirror: string; readonly title: string; readonly says: string }>>;

export type Aspect = keyof typeof aspects;
export const aspectNames = Object.keys(aspects) as readonly Aspect[];
