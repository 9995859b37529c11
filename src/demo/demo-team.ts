import type { Role } from '../access/principal.js';
import type { Distribution } from '../inboxes/inbox.js';
import type { Availability } from '../operators/operator.js';
import { demoId } from './demo-id.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

interface Member {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly maxLoad: number | null;
  readonly availability: Availability;
  readonly statusReason: string | null;
  /** How many seconds ago that began. */
  readonly since: number;
  readonly inboxes: readonly string[];
}

interface TeamInbox {
  readonly id: string;
  readonly name: string;
  readonly phoneNumber: string;
  readonly description: string;
  readonly distribution: Distribution;
  readonly waitTargetSeconds: number;
  /** Its share of all that arrives. */
  readonly share: number;
}

/** A customer who waits now, or whose conversation somebody holds. Times are in seconds ago. */
export interface Present {
  readonly inboxId: string;
  readonly name: string;
  readonly arrived: number;
  readonly messages: number;
  readonly taken?: { readonly by: string; readonly at: number };
  readonly parked?: number;
  /** Since when the customer awaits a reply of the holder. */
  readonly unanswered?: number;
}

const miriam = demoId('1001');
const support = demoId('1101');
const sales = demoId('1102');
const chat = demoId('1103');
const greta = demoId('1013');
const nadia = demoId('1011');
const pavel = demoId('1014');
const tom = demoId('1012');
const yuki = demoId('1015');
const luis = demoId('1016');

/**
 * A tenant in the middle of a busy day, for the board and the desk. It is not the tenant of the tours, whose figures would
 * change with every operator and conversation that it has.
 */
export const TEAM = {
  tenant: { id: demoId('1000'), name: 'Demo Team' },
  inboxes: [
    {
      id: support,
      name: 'Support',
      phoneNumber: '+4930901830',
      description: 'Questions about orders',
      distribution: 'PULL',
      waitTargetSeconds: 15 * MINUTE,
      share: 0.55,
    },
    {
      id: sales,
      name: 'Sales',
      phoneNumber: '+4930901831',
      description: 'Before the first order',
      distribution: 'PULL',
      waitTargetSeconds: 10 * MINUTE,
      share: 0.25,
    },
    {
      id: chat,
      name: 'Chat on the web site',
      phoneNumber: '+4930901832',
      description: 'Distributed to the lowest load',
      distribution: 'LEAST_LOADED',
      waitTargetSeconds: 2 * MINUTE,
      share: 0.2,
    },
  ] satisfies TeamInbox[] as readonly TeamInbox[],
  operators: [
    {
      id: miriam,
      name: 'Miriam Haddad',
      email: 'miriam@team.example',
      role: 'MANAGER',
      maxLoad: null,
      availability: 'OFFLINE',
      statusReason: null,
      since: 9 * HOUR,
      inboxes: [],
    },
    {
      id: demoId('1002'),
      name: 'Jonas Weber',
      email: 'jonas@team.example',
      role: 'ADMIN',
      maxLoad: null,
      availability: 'OFFLINE',
      statusReason: null,
      since: 30 * HOUR,
      inboxes: [],
    },
    {
      id: nadia,
      name: 'Nadia Kowalska',
      email: 'nadia@team.example',
      role: 'OPERATOR',
      maxLoad: 5,
      availability: 'AVAILABLE',
      statusReason: null,
      since: 3 * HOUR,
      inboxes: [support, sales],
    },
    {
      id: tom,
      name: 'Tom Becker',
      email: 'tom@team.example',
      role: 'OPERATOR',
      maxLoad: 5,
      availability: 'AVAILABLE',
      statusReason: null,
      since: 5 * HOUR,
      inboxes: [support],
    },
    {
      id: greta,
      name: 'Greta Lindqvist',
      email: 'greta@team.example',
      role: 'OPERATOR',
      maxLoad: 5,
      availability: 'OFFLINE',
      statusReason: null,
      since: 6 * MINUTE,
      inboxes: [support],
    },
    {
      id: pavel,
      name: 'Pavel Novák',
      email: 'pavel@team.example',
      role: 'OPERATOR',
      maxLoad: 5,
      availability: 'PAUSED',
      statusReason: 'Lunch',
      since: 14 * MINUTE,
      inboxes: [support, sales],
    },
    {
      id: yuki,
      name: 'Yuki Tanaka',
      email: 'yuki@team.example',
      role: 'OPERATOR',
      maxLoad: 6,
      availability: 'AVAILABLE',
      statusReason: null,
      since: 2 * HOUR,
      inboxes: [sales, chat],
    },
    {
      id: luis,
      name: 'Luís Ferreira',
      email: 'luis@team.example',
      role: 'OPERATOR',
      maxLoad: 6,
      availability: 'AVAILABLE',
      statusReason: null,
      since: 7 * HOUR,
      inboxes: [chat],
    },
  ] satisfies Member[] as readonly Member[],
  supervisorId: miriam,
  labels: [
    { id: demoId('1201'), inboxId: support, name: 'Refund', color: '#d97706' },
    { id: demoId('1202'), inboxId: support, name: 'Delivery', color: '#2563eb' },
    { id: demoId('1203'), inboxId: sales, name: 'Quote', color: '#16a34a' },
  ],
  present: [
    { inboxId: support, name: 'Theodora Papadopoulou', arrived: 38 * MINUTE, messages: 4 },
    { inboxId: support, name: 'Zoë Brandt', arrived: 11 * MINUTE, messages: 2 },
    { inboxId: support, name: 'محمد الأمين', arrived: 6 * MINUTE, messages: 1 },
    { inboxId: support, name: 'Hugo Meyer', arrived: 2 * MINUTE, messages: 1 },
    { inboxId: sales, name: 'Łukasz Wójcik', arrived: 7 * MINUTE, messages: 3 },
    { inboxId: sales, name: '李娜', arrived: 3 * MINUTE, messages: 1 },
    {
      inboxId: support,
      name: 'Aylin Demir',
      arrived: 31 * MINUTE,
      messages: 3,
      taken: { by: greta, at: 24 * MINUTE },
    },
    {
      inboxId: support,
      name: 'Bruno Costa',
      arrived: 22 * MINUTE,
      messages: 2,
      taken: { by: greta, at: 17 * MINUTE },
    },
    {
      inboxId: sales,
      name: 'Clara Schneider-Nakamura',
      arrived: 55 * MINUTE,
      messages: 5,
      taken: { by: pavel, at: 48 * MINUTE },
      parked: 40 * MINUTE,
    },
    {
      inboxId: support,
      name: 'Deniz Kaya',
      arrived: 35 * MINUTE,
      messages: 2,
      taken: { by: pavel, at: 28 * MINUTE },
    },
    {
      inboxId: support,
      name: 'Emma O’Neill',
      arrived: 50 * MINUTE,
      messages: 6,
      taken: { by: tom, at: 44 * MINUTE },
      unanswered: 21 * MINUTE,
    },
    {
      inboxId: support,
      name: 'Ida Holm',
      arrived: 19 * MINUTE,
      messages: 3,
      taken: { by: nadia, at: 16 * MINUTE },
    },
    {
      inboxId: sales,
      name: 'Jakub Nowak',
      arrived: 13 * MINUTE,
      messages: 2,
      taken: { by: nadia, at: 9 * MINUTE },
    },
    {
      inboxId: support,
      name: 'Kaan Yıldız',
      arrived: 15 * MINUTE,
      messages: 1,
      taken: { by: tom, at: 12 * MINUTE },
    },
    {
      inboxId: chat,
      name: 'Femke de Vries',
      arrived: 9 * MINUTE,
      messages: 4,
      taken: { by: yuki, at: 9 * MINUTE - 1 },
    },
    {
      inboxId: chat,
      name: 'Giulia Romano',
      arrived: 4 * MINUTE,
      messages: 2,
      taken: { by: luis, at: 4 * MINUTE - 1 },
    },
  ] satisfies Present[] as readonly Present[],
  /** What customers call themselves. */
  customers: {
    first:
      'Alma Ben Chiara David Elif Finn Gita Hana Ivan Jule Kofi Lena Mateo Noor Otto Priya Rosa Sven Tara Umut Vera Wim'.split(
        ' ',
      ),
    last: 'Adler Bianchi Cohen Dubois Eriksen Fischer García Horvat Ito Jansen Kaya Lopez Moreau Nielsen Okafor Park Rossi Silva'.split(
      ' ',
    ),
  },
};
