import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { isProblem } from '@inbox-allocation/client';
import { usePlace } from '../parts/place.js';
import { Named } from '../parts/sentence.js';
import { Toasts } from '../parts/toasts.js';
import { useValue } from '../parts/value.js';
import { Directory } from '../service/directory.js';
import { Live } from '../service/live.js';
import { messageOf } from '../service/problems.js';
import { ServiceContext, useService } from '../service/service.js';
import { texts } from '../texts.js';
import { LogIn } from './log-in.js';
import { client, lastMe, logOut, refusal, supervises, whoAmI, type Me } from './session.js';

const RETRY_MS = 3_000;

/** The frame of a page: who is there, where else to go, and how fresh it is. */
export function Shell({ page, children }: { page: 'board' | 'desk'; children: ComponentChildren }) {
  const [me, setMe] = useState(lastMe);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const refused = useValue(refusal);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const meet = (found: Me | null) => {
      setMe(found);
      if (found === null) refusal.set('');
    };
    whoAmI().then(meet, (error: unknown) => {
      if (isProblem(error, 'UNAUTHENTICATED')) {
        refusal.set(error.problem.detail);
        return;
      }
      setProblem(messageOf(error));
      timer = setTimeout(() => setAttempt(attempt + 1), RETRY_MS);
    });
    return () => clearTimeout(timer);
  }, [attempt]);
  const whose = me === null ? '' : `${me.tenantId} ${me.operatorId}`;
  const service = useMemo(() => {
    if (me === null) return null;
    const directory = new Directory(client, supervises(me));
    if (me.operatorId !== null && me.operatorName !== null)
      directory.note([[me.operatorId, me.operatorName]]);
    return { client, me, directory, live: new Live(client, page === 'desk' && me.operatorId !== null) };
  }, [whose]);
  useEffect(() => service?.live.start(), [service]);
  const welcome = (next: Me) => {
    setProblem(null);
    setMe(next);
    refusal.set(null);
    if (`${next.tenantId} ${next.operatorId}` === whose) service?.live.restart();
  };
  return (
    <>
      {service === null ? (
        <main class="alone">
          <p role="status">{problem ?? (refused === null ? texts.loading : '')}</p>
        </main>
      ) : (
        <ServiceContext.Provider value={service} key={whose}>
          <Top page={page} />
          {children}
        </ServiceContext.Provider>
      )}
      <Toasts />
      {refused !== null && <LogIn reason={refused} onLoggedIn={welcome} />}
    </>
  );
}

function Top({ page }: { page: 'board' | 'desk' }) {
  const { me } = useService();
  const place = usePlace();
  const view = page === 'desk' ? 'desk' : place.get('view') === 'conversations' ? 'conversations' : 'board';
  const link = (to: string, href: string, text: string) => (
    <a href={href} {...(view === to ? { 'aria-current': 'page' as const } : {})}>
      {text}
    </a>
  );
  return (
    <header class="top">
      <Named name={me.tenantName} className="tenant" />
      <nav aria-label={texts.pages}>
        {supervises(me) && link('board', '/board', texts.board)}
        {supervises(me) && link('conversations', '/board#view=conversations', texts.conversations)}
        {me.operatorId !== null && link('desk', '/desk', texts.desk)}
      </nav>
      <LiveMark />
      <details class="menu">
        <summary>
          <Named name={me.operatorName ?? me.serviceName ?? texts.apiKey} />
        </summary>
        <div>
          <p class="dim">{me.role === null ? texts.apiKey : texts.roles[me.role]}</p>
          <button type="button" onClick={logOut}>
            {texts.logOut}
          </button>
        </div>
      </details>
    </header>
  );
}

/** Whether the figures on the page are those of now. Only a change of that is read aloud. */
function LiveMark() {
  const { live } = useService();
  const state = useValue(live.state);
  const figures = useValue(live.figures);
  const isLost = state === 'lost';
  const text = isLost
    ? texts.notLive(figures?.asOf ?? null)
    : state === 'open' && figures !== null
      ? texts.live(figures.behindMs)
      : texts.connecting;
  return (
    <>
      <span class={`live ${isLost ? 'bad' : state === 'open' ? 'ok' : ''}`}>{text}</span>
      <span class="hidden" role="status">
        {isLost ? text : ''}
      </span>
    </>
  );
}
