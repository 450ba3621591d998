/**
 * What the five services of the generator say, by level. `{name}` is filled with a fresh variable.
 */
import type { Level } from '#proto/api.ts'

export const SERVICES = [
  'payment-service',
  'auth-service',
  'user-service',
  'order-service',
  'inventory-service',
] as const
export type ServiceName = (typeof SERVICES)[number]

/** Levels that the generator writes, with their shares in percent. */
export const LEVEL_SHARES: readonly (readonly [Level, number])[] = [
  ['INFO', 70],
  ['DEBUG', 15],
  ['WARN', 10],
  ['ERROR', 5],
]

type Templates = Readonly<Record<'DEBUG' | 'INFO' | 'WARN' | 'ERROR', readonly string[]>>

export const TEMPLATES: Readonly<Record<ServiceName, Templates>> = {
  'payment-service': {
    DEBUG: [
      'Loaded {count} exchange rates in {ms} ms',
      'Idempotency key {hex} seen for the first time',
      'Card network answered with code {code} after {ms} ms',
    ],
    INFO: [
      'Payment completed for order {order}',
      'Payment of {amount} EUR authorized for order {order} by {gateway}',
      'Refund of {amount} EUR issued for order {order}',
      'Settlement batch {id} closed with {count} payments',
    ],
    WARN: [
      'Payment gateway {gateway} slow: {ms} ms for order {order}',
      'Retrying capture for order {order}, attempt {attempt} of 5',
      'Risk score {score} for order {order} needs review',
    ],
    ERROR: [
      'Payment failed for order {order}: card declined by {gateway}',
      'connection timeout after {ms} ms to {gateway} at {ip}:443',
      'Ledger entry {id} rejected: debit and credit differ by {amount} EUR',
    ],
  },
  'auth-service': {
    DEBUG: [
      'Token cache hit ratio {score} % over {count} look-ups',
      'Session {hex} touched by user {user}',
      'Password hash for user {user} took {ms} ms',
    ],
    INFO: [
      'User {user} logged in from {ip}',
      'Access token issued for user {user}, expires in 15 minutes',
      'User {user} logged out',
      'Second factor confirmed for user {user}',
    ],
    WARN: [
      'Failed login attempt {attempt} for user {user} from {ip}',
      'Refresh token of user {user} used twice, session {hex} closed',
      'Rate limit reached for {ip}: {count} attempts in one minute',
    ],
    ERROR: [
      'LDAP bind failed for user {user}: server {host} did not answer in {ms} ms',
      'Signing key {hex} not found, token of user {user} refused',
      'connection timeout after {ms} ms to directory at {ip}:636',
    ],
  },
  'user-service': {
    DEBUG: [
      'Profile of user {user} read from cache in {ms} ms',
      'Query users_by_region returned {count} rows in {ms} ms',
    ],
    INFO: [
      'Profile of user {user} updated',
      'User {user} registered with plan {plan}',
      'Welcome mail queued for user {user}',
      'GET /api/v1/users/{user} 200 in {ms} ms',
    ],
    WARN: [
      'Address of user {user} could not be verified, {attempt} candidates left',
      'Slow query users_by_email: {ms} ms, {count} rows scanned',
    ],
    ERROR: [
      'User {user} not found in shard {shard}',
      'Deadlock on table users while updating user {user}, transaction {id} rolled back',
    ],
  },
  'order-service': {
    DEBUG: [
      'Cart {hex} priced with {count} rules in {ms} ms',
      'Outbox drained: {count} events published in {ms} ms',
    ],
    INFO: [
      'Order {order} created by user {user} with {count} items',
      'Order {order} shipped with parcel {id}',
      'Order {order} paid, total {amount} EUR',
      'POST /api/v1/orders 201 in {ms} ms for user {user}',
    ],
    WARN: [
      'Order {order} waits for stock of sku {sku} since {count} minutes',
      'Price of sku {sku} changed while order {order} was open',
    ],
    ERROR: [
      'Order {order} cancelled: payment not confirmed in {ms} ms',
      'Saga {hex} of order {order} compensated after step {attempt}',
    ],
  },
  'inventory-service': {
    DEBUG: [
      'Stock snapshot of shard {shard} took {ms} ms for {count} skus',
      'Lock on sku {sku} acquired in {ms} ms',
    ],
    INFO: [
      'Reserved {count} units of sku {sku} for order {order}',
      'Stock of sku {sku} is now {count}',
      'Delivery {id} booked into warehouse {shard}',
    ],
    WARN: [
      'Low stock for sku {sku}: {count} units left',
      'Reservation for order {order} expires in {attempt} minutes',
    ],
    ERROR: [
      'Stock of sku {sku} would become negative, reservation for order {order} refused',
      'connection timeout after {ms} ms to warehouse gateway at {ip}:8443',
    ],
  },
}
