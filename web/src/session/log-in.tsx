import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.js';
import { Named } from '../parts/sentence.js';
import { messageOf } from '../service/problems.js';
import { texts } from '../texts.js';
import { readLogIn, type Demo } from './ways-in.js';
import { logIn, whoIs, type Me, type Proof } from './session.js';

/** Asks who is there. The page beneath stays as it is. */
export function LogIn({ reason, onLoggedIn }: { reason: string; onLoggedIn: (me: Me) => void }) {
  const [demos, setDemos] = useState<readonly Demo[]>([]);
  const [token, setToken] = useState('');
  const [isToBeKept, setToBeKept] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    void readLogIn().then(({ demos: found }) => setDemos(found));
  }, []);
  const enter = async (proof: Proof) => {
    setAsking(true);
    setProblem('');
    try {
      const me = await whoIs(proof);
      logIn(proof, me, isToBeKept);
      onLoggedIn(me);
    } catch (error) {
      setProblem(messageOf(error));
      setAsking(false);
    }
  };
  return (
    <Dialog title={texts.logIn} className="log-in">
      {reason !== '' && <p class="problem">{reason}</p>}
      {demos.length > 0 && (
        <section aria-label={texts.demoPeople}>
          <p>{texts.demoPeople}</p>
          {demos.map(({ tenantId, tenantName, people }) => (
            <section key={tenantId} aria-label={tenantName}>
              <h3>{tenantName}</h3>
              <div class="people">
                {people.map(({ operatorId, name, role }) => (
                  <button
                    key={operatorId}
                    type="button"
                    disabled={isAsking}
                    onClick={() =>
                      void enter({ headers: { 'X-Tenant-Id': tenantId, 'X-Operator-Id': operatorId } })
                    }
                  >
                    <Named name={name} />
                    <small>{texts.roles[role]}</small>
                  </button>
                ))}
              </div>
            </section>
          ))}
        </section>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') void enter({ token: token.trim() });
        }}
      >
        <label>
          {demos.length > 0 ? texts.orToken : texts.token}
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            data-first
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isToBeKept}
            onChange={(event) => setToBeKept(event.currentTarget.checked)}
          />
          {texts.stayLoggedIn}
        </label>
        <p class="problem" role="status">
          {problem}
        </p>
        <button type="submit" class="main" disabled={isAsking || token.trim() === ''}>
          {texts.logIn}
        </button>
      </form>
    </Dialog>
  );
}
